"""Alipay (支付宝), OpenAPI gateway, RSA2."""
