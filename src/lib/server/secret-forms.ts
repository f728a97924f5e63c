/** Shorter values are not searched for: they would match ordinary words. */
export const MIN_SEARCHABLE_LENGTH = 4;

const MIN_FRAGMENT_LENGTH = 8;

/** Base64 of the value as it looks when other bytes stand before and after it, as in `base64(user:password)`. */
function base64Fragments(value: string, encoding: 'base64' | 'base64url'): string[] {
	const bytes = Buffer.from(value);
	return [0, 1, 2].map((shift) => {
		const text = Buffer.concat([Buffer.alloc(shift), bytes])
			.toString(encoding)
			.replace(/=+$/, '');
		const start = Math.ceil((shift * 8) / 6);
		const end = Math.floor(((shift + bytes.length) * 8) / 6);
		return text.slice(start, end);
	});
}

function urlForms(value: string): string[] {
	const inUserInfo = new URL('sh0://host');
	inUserInfo.password = value;
	// encodeURIComponent throws on half of a surrogate pair; URLSearchParams replaces it.
	const wellFormed = Buffer.from(value).toString();
	const component = encodeURIComponent(wellFormed);
	const lowerHex = component.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
	return [component, lowerHex, new URLSearchParams({ v: value }).toString().slice(2), inUserInfo.password];
}

const jsonForm = (value: string) => JSON.stringify(value).slice(1, -1);

/**
 * The forms in which a secret may turn up in a text: raw, base64 and base64url (whole and inside other bytes), hex, URL-encoded,
 * JSON-escaped (once and twice) and as an SQL literal. Empty for values under 4 characters. Longest first.
 */
export function secretForms(value: string): string[] {
	if (value.length < MIN_SEARCHABLE_LENGTH) return [];
	const bytes = Buffer.from(value);
	const fragments = [...base64Fragments(value, 'base64'), ...base64Fragments(value, 'base64url')].filter(
		(text) => text.length >= MIN_FRAGMENT_LENGTH,
	);
	const forms = [
		value,
		bytes.toString('base64'),
		bytes.toString('base64url'),
		...fragments,
		bytes.toString('hex'),
		bytes.toString('hex').toUpperCase(),
		...urlForms(value),
		jsonForm(value),
		jsonForm(jsonForm(value)),
		value.replaceAll("'", "''"),
	];
	return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
