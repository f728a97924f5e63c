const TLS_CODE =
	/^(?:[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH|ERR_(?:TLS|SSL)_\w+|EPROTO)$/;

/** True for what OpenSSL and Node say of a certificate that is not accepted, or of a server that speaks no TLS. */
export function isTlsCode(code: string): boolean {
	return TLS_CODE.test(code);
}
