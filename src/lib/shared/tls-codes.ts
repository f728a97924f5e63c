const CERTIFICATE_CODE =
	/^(?:[A-Z0-9_]*(?:CERT|CRL)[A-Z0-9_]*|UNABLE_TO_[A-Z_]+|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)$/;
const PROTOCOL_CODE =
	/^ERR_SSL_\w*(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|PROTOCOL_VERSION|(?:UNSUPPORTED|UNKNOWN)_PROTOCOL|NO_PROTOCOLS_AVAILABLE|HANDSHAKE_FAILURE)$/;
const BREAK_CODE = /^(?:ERR_(?:TLS|SSL)_\w+|EPROTO)$/;

/** True for what OpenSSL and Node say of a certificate that is not accepted, or of a server that speaks no TLS that we do. */
export function isTlsCode(code: string): boolean {
	return CERTIFICATE_CODE.test(code) || PROTOCOL_CODE.test(code);
}

/** True for a secure connection that broke on its way, as any other may. */
export function isTlsBreak(code: string): boolean {
	return BREAK_CODE.test(code) && !isTlsCode(code);
}
