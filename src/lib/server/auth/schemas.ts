import { z } from 'zod';
import { PASSWORD_MAX_LENGTH } from '$lib/shared/password-strength';

/** An e-mail address, trimmed and in lower case. */
export const email = z
	.string()
	.max(254)
	.transform((text) => text.trim().toLowerCase())
	.pipe(z.email());

/** Any text that may be one: what a new one must be is `requireUsablePassword`'s to say. */
export const password = z.string().min(1).max(PASSWORD_MAX_LENGTH);

/** A code of the authenticator app, or a recovery code. */
export const code = z.string().trim().min(6).max(32);

/** What a setup or invitation link carries. */
export const opaqueToken = z.string().max(128);

/** The digest by which a session is known. */
export const sessionId = z.string().regex(/^[0-9a-f]{64}$/);

/** For people, on one line. */
export const label = (max: number) =>
	z
		.string()
		.trim()
		.min(1)
		.max(max)
		.regex(/^[^\p{C}]+$/u);

export const tokenName = label(80);

/** A procedure that takes nothing. */
export const noInput = z.strictObject({}).optional();
