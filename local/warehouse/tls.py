"""A folder in, a TLS context with a certificate of our own out, the same one at every start."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.clock import Clock
from local.warehouse.limits import CERTIFICATE_DAYS, CERTIFICATE_DAYS_LEFT_MIN

CERTIFICATE: Final = "certificate.pem"  # what clients may trust, for example by SSL_CERT_FILE
KEY: Final = "key.pem"


def tls_context(folder: Path, clock: Clock) -> ssl.SSLContext:
    """Return a server's context; the certificate is made when there is none that lasts."""
    now = datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not _lasts(certificate, now):
        return _renewed(certificate, key, now)
    try:
        return _load(certificate, key)
    except (OSError, ssl.SSLError):  # its key is gone, or another one's
        return _renewed(certificate, key, now)


def _renewed(certificate: Path, key: Path, now: datetime) -> ssl.SSLContext:
    private = ec.generate_private_key(ec.SECP256R1())
    _write(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    _write(certificate, _signed(private, now).public_bytes(serialization.Encoding.PEM))
    return _load(certificate, key)


def _load(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _lasts(certificate: Path, now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    left = found.not_valid_after_utc - now
    return found.not_valid_before_utc <= now and left.days >= CERTIFICATE_DAYS_LEFT_MIN


def _signed(private: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a certificate of this machine's own names that signs itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    public = private.public_key()
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(private, hashes.SHA256())
    )


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads; a reader never sees half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    draft.replace(path)
