import type { Cookies } from '@sveltejs/kit';
import type { Credentials } from '../auth/identity';
import { ABSOLUTE_MS } from '../auth/lucia';
import type { SignInCookies } from '../auth/sign-in-cookies';

const deviceSeconds = 180 * 24 * 60 * 60;

/**
 * The names of our cookies. Browsers do not keep ports of one host apart, so the port is in the name: two panels on one machine do not
 * sign each other out. `__Host-` (https only) keeps sibling domains from setting them.
 */
export function cookieNames(origin: string): { session: string; device: string } {
	const { protocol, port } = new URL(origin);
	const prefix = protocol === 'https:' ? '__Host-' : '';
	const suffix = port === '' ? '' : `_${port}`;
	return { session: `${prefix}sh0_session${suffix}`, device: `${prefix}sh0_device${suffix}` };
}

/** The value of one cookie in a Cookie header, or null. */
export function readCookie(header: string | null | undefined, name: string): string | null {
	for (const part of (header ?? '').split(';')) {
		const separator = part.indexOf('=');
		if (separator > 0 && part.slice(0, separator).trim() === name) return part.slice(separator + 1).trim();
	}
	return null;
}

/** What a request shows of its sender; an API token counts before a cookie. */
export function readCredentials(
	headers: { authorization: string | null | undefined; cookie: string | null | undefined },
	origin: string,
): Credentials | null {
	const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
	if (bearer !== undefined) return { kind: 'token', token: bearer };
	const token = readCookie(headers.cookie, cookieNames(origin).session);
	return token === null || token === '' ? null : { kind: 'session', token };
}

/** Cookies of one request. `cookies` is read at each call, because tRPC's handle swaps its methods. */
export function signInCookies(event: { cookies: Cookies }, origin: string): SignInCookies {
	const names = cookieNames(origin);
	const flags = { path: '/', httpOnly: true, sameSite: 'lax', secure: origin.startsWith('https:') } as const;
	return {
		deviceToken: event.cookies.get(names.device) ?? null,
		set({ sessionToken, deviceToken }) {
			event.cookies.set(names.session, sessionToken.reveal(), { ...flags, maxAge: ABSOLUTE_MS / 1000 });
			event.cookies.set(names.device, deviceToken, { ...flags, maxAge: deviceSeconds });
		},
		clear() {
			event.cookies.delete(names.session, flags);
		},
	};
}
