// Package paymesh signs requests to Paymesh and verifies its callbacks.
package paymesh

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	tolerance   = 300 * time.Second
	minKeyBytes = 24 // no secret is shorter; with the empty one anybody signs
)

var errUnusable = errors.New("the private key is not PKCS#8 of Ed25519 or RSA without a password: " +
	"openssl pkcs8 -topk8 -nodes -in old.pem -out new.pem")

// Credentials: Key is the HMAC secret as shown, or the PEM (PKCS#8) of an Ed25519 or RSA key.
type Credentials struct{ AppID, KeyID, Key string }

// Authorization is the header of one request. Target is path with query exactly as sent, nonce at
// most 64 characters that are never used twice, body the exact bytes that are sent.
func (c Credentials) Authorization(method, target string, at int64, nonce string, body []byte) (string, error) {
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n", method, target, at, nonce, body)
	alg, signature, err := c.sign([]byte(text))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("PAYMESH-%s app_id=%q,key_id=%q,timestamp=\"%d\",nonce=%q,signature=%q",
		alg, c.AppID, c.KeyID, at, nonce, base64.StdEncoding.EncodeToString(signature)), nil
}

func (c Credentials) sign(text []byte) (string, []byte, error) {
	if !strings.Contains(c.Key, "-----BEGIN") {
		return "HMAC-SHA256", digest([]byte(c.Key), text), nil
	}
	block, _ := pem.Decode([]byte(c.Key))
	if block == nil {
		return "", nil, errUnusable
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", nil, fmt.Errorf("%w (%w)", errUnusable, err)
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return "ED25519", ed25519.Sign(key, text), nil
	case *rsa.PrivateKey:
		hash := sha256.Sum256(text)
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, hash[:])
		return "RSA-SHA256", signature, err
	}
	return "", nil, errUnusable
}

// IsAuthentic says whether a callback is Paymesh's and fresh. Body is the exact bytes that came,
// secret the app's whsec_…. Deal with each Webhook-Id once, then answer 2xx.
func IsAuthentic(secret string, header http.Header, body []byte, now time.Time) bool {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	key, bad := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	isKey := bad == nil && len(key) >= minKeyBytes
	if err != nil || !isKey || now.Sub(time.Unix(at, 0)).Abs() > tolerance {
		return false
	}
	mac := digest(key, append([]byte(id+"."+stamp+"."), body...))
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac))
	for _, given := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), expected) {
			return true
		}
	}
	return false
}

func digest(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}
