import { cutText, MAX_CELL_LENGTH } from '../../cells';

/** Enough for any text that is not cut, in UTF-8. */
const maxCellBytes = 4 * MAX_CELL_LENGTH + 4;

const escapes = new Map([
	[0x07, '\\a'],
	[0x08, '\\b'],
	[0x09, '\\t'],
	[0x0a, '\\n'],
	[0x0d, '\\r'],
	[0x22, '\\"'],
	[0x5c, '\\\\'],
]);

function escaped(byte: number): string {
	const hex = `\\x${byte.toString(16).padStart(2, '0')}`;
	return escapes.get(byte) ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hex);
}

/**
 * Bytes in quotes as the engine's own client shows them: what is not printable ASCII is escaped. It takes some 100 bytes of memory for
 * each: whoever has many cuts them first.
 */
export function quoted(bytes: Buffer): string {
	return `"${Array.from(bytes, escaped).join('')}"`;
}

/** The text that the bytes are in UTF-8, or null when they are not. */
function asUtf8(bytes: Buffer): string | null {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return null;
	}
}

/** Characters that show nothing, or change how those around them are shown. */
const misleading = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u;

/**
 * A key as text from which it can be told again: as it is when it is plain text, else in quotes with escapes. What begins with a quote
 * is always quoted.
 */
export function keyText(key: Buffer): string {
	const text = asUtf8(key);
	const isPlain = text !== null && text !== '' && !text.startsWith('"') && !misleading.test(text);
	return isPlain ? text : quoted(key);
}

/** A key as a row shows it: as `keyText`, cut after 1,000 characters. */
export function keyName(key: Buffer): string {
	const head = headOf(key);
	const text = keyText(head);
	return head.length < key.length ? `${cutText(text).replace(/…$/, '')}…` : cutText(text);
}

/** A value as a cell: text as it is, other bytes in quotes with escapes; cut after 1,000 characters. */
export function cellText(value: Buffer): string {
	const head = headOf(value);
	const text = asUtf8(head) ?? quoted(head);
	return head.length < value.length ? `${cutText(text).replace(/…$/, '')}…` : cutText(text);
}

/** As much of it as a cell may show. A character may lie across the cut: the rest of it is not looked at. */
function headOf(value: Buffer): Buffer {
	return value.length > maxCellBytes ? value.subarray(0, wholeLength(value, maxCellBytes)) : value;
}

/** Where the last whole character of UTF-8 before `length` ends. */
function wholeLength(value: Buffer, length: number): number {
	let end = length;
	while (end > length - 4 && ((value[end] ?? 0) & 0xc0) === 0x80) end -= 1;
	return end;
}

function isBare(text: string): boolean {
	return text !== '' && !/[\s"'\\]/.test(text) && !misleading.test(text);
}

/** A command as one would type it, cut after `length` characters. */
export function commandText(args: Buffer[], length: number): string {
	const words = args.map((arg) => {
		const head = arg.subarray(0, length * 4);
		const text = asUtf8(head);
		return text !== null && isBare(text) ? text : quoted(head);
	});
	return cutText(words.join(' '), length);
}
