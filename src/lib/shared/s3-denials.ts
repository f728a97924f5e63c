const denials = new Set(['AccessDenied', 'Forbidden', 'AllAccessDisabled', 'Http401', 'Http403']);

/** True for a server's word for a right that is missing: to one object, or to all of them; it does not tell. */
export function isDenial(code: string): boolean {
	return denials.has(code);
}
