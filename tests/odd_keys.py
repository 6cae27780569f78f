"""Keys and certificates that the library reads only in part; made with OpenSSL for these tests."""

import base64

SM2_PRIVATE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgzUiJCWPv5xZrY1yH
UAIQNH0xaHv/Huy6lfCaVXtAjSuhRANCAATzsTsb6YIyTcItT5YM7YWo1wUh+1Mn
nTHa6qI32nU6C+gvhAIhxhnOgNC60528tpiOCI+RNK1TuNP9lM/nHpEE
-----END PRIVATE KEY-----
"""
SM2_PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE87E7G+mCMk3CLU+WDO2FqNcFIftT
J50x2uqiN9p1OgvoL4QCIcYZzoDQutOdvLaYjgiPkTStU7jT/ZTP5x6RBA==
-----END PUBLIC KEY-----
"""
SM2_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBtDCCAVmgAwIBAgIUD4xN1gfj2e4pLOU9lKcQZNmIxzowCgYIKoEcz1UBg3Uw
LjELMAkGA1UEBhMCQ04xDDAKBgNVBAoMA0FudDERMA8GA1UEAwwIU00yIFJvb3Qw
IBcNMjYxMTMwMDkxMjU2WhgPMjEyNjExMDYwOTEyNTZaMC4xCzAJBgNVBAYTAkNO
MQwwCgYDVQQKDANBbnQxETAPBgNVBAMMCFNNMiBSb290MFkwEwYHKoZIzj0CAQYI
KoEcz1UBgi0DQgAE87E7G+mCMk3CLU+WDO2FqNcFIftTJ50x2uqiN9p1OgvoL4QC
IcYZzoDQutOdvLaYjgiPkTStU7jT/ZTP5x6RBKNTMFEwHQYDVR0OBBYEFLoTenGl
FlPlxaQ8YMZGFe5pHazSMB8GA1UdIwQYMBaAFLoTenGlFlPlxaQ8YMZGFe5pHazS
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoEcz1UBg3UDSQAwRgIhAIluTI4ogLJ2uITt
CX8LFTEHzkpRyc4S0JcUv9vIZNuoAiEAmcuQO8FMRHKve/893xN9EQiwNeGQIkAy
a9fBLXI1dSs=
-----END CERTIFICATE-----
"""


def of_version_six(pem: str) -> str:
    """The certificate with a version that X.509 does not know."""
    lines = [line for line in pem.strip().splitlines() if "-----" not in line]
    der = base64.b64decode("".join(lines))
    odd = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020105"), 1)
    assert odd != der
    text = base64.encodebytes(odd).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
