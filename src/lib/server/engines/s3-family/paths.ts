import { uriPart } from '$lib/shared/connection/quote';

/** An object's key as part of an address: every byte but letters, digits and `-._~/` is escaped, as S3 signs it. */
export function encodeKey(key: string): string {
	return key.split('/').map(uriPart).join('/');
}

/** Reads the names of a list that was asked for encoded, since XML cannot hold every character; not every engine does as asked. */
export function nameReader({
	EncodingType,
}: {
	EncodingType?: string | undefined;
}): (text: string) => string {
	return EncodingType === 'url' ? (text) => decodeURIComponent(text.replaceAll('+', ' ')) : (text) => text;
}
