import type { ErrorCode, ErrorDetails } from './error-codes';

/** Why a name cannot be used; `reason` lets a form say what exactly is wrong. */
export type NameProblem = {
	code: Extract<ErrorCode, 'NAME_INVALID' | 'NAME_RESERVED' | 'NAME_TOO_LONG'>;
	details: ErrorDetails;
};

/** Longest name of any engine, in bytes of UTF-8; each engine's own limit is lower or equal. */
export const MAX_NAME_BYTES = 255;

/** A password of a database user that a person chose: shorter ones are refused, generated ones have 32 characters. */
export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;

function isControl(character: string): boolean {
	const code = character.codePointAt(0) ?? 0;
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/** True when the text holds a control character, NUL, line breaks and tabs included. */
export function hasControlCharacter(text: string): boolean {
	return Array.from(text).some(isControl);
}

/** True when every surrogate has its other half; a lone one has no UTF-8 and would be stored as another character. */
export function isWellFormed(text: string): boolean {
	return !/\p{Surrogate}/u.test(text);
}

/** Bytes of the text in UTF-8. */
export function byteLength(text: string): number {
	return new TextEncoder().encode(text).length;
}

/**
 * What is wrong with a name of a database or database user on every engine, or null. Quotes, backslashes, emoji and the like are
 * fine: they are quoted, never adapted. `isReserved` gets the name as typed.
 */
export function nameProblem(
	name: string,
	rule: { maxBytes: number; isReserved?: (name: string) => boolean },
): NameProblem | null {
	if (name === '') return { code: 'NAME_INVALID', details: { reason: 'empty' } };
	if (!isWellFormed(name)) return { code: 'NAME_INVALID', details: { reason: 'surrogate' } };
	if (hasControlCharacter(name)) return { code: 'NAME_INVALID', details: { reason: 'control' } };
	if (name.trim() !== name) return { code: 'NAME_INVALID', details: { reason: 'blanks' } };
	const bytes = byteLength(name);
	if (bytes > rule.maxBytes) {
		return { code: 'NAME_TOO_LONG', details: { maxBytes: rule.maxBytes, bytes } };
	}
	if (rule.isReserved?.(name)) return { code: 'NAME_RESERVED', details: { name } };
	return null;
}

/** Why no engine takes a password of a database user, as an error's details; null when one may. */
export function unusablePassword(
	password: string,
): { reason: 'length'; max: number } | { reason: 'empty' | 'surrogate' | 'control' } | null {
	if (password === '') return { reason: 'empty' };
	if (password.length > MAX_PASSWORD_LENGTH) return { reason: 'length', max: MAX_PASSWORD_LENGTH };
	if (!isWellFormed(password)) return { reason: 'surrogate' };
	return hasControlCharacter(password) ? { reason: 'control' } : null;
}
