/** An object's key as part of an address: every byte but letters, digits and `-._~/` is escaped, as S3 signs it. */
export function encodeKey(key: string): string {
	return encodeURIComponent(key)
		.replaceAll('%2F', '/')
		.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
