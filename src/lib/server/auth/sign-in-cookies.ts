import type { Secret } from '../secret';

/** The browser's side of signing in, for one request; `http/` knows the cookies' names and flags. */
export type SignInCookies = {
	/** Says that this browser signed in here before; null for one that never did. */
	readonly deviceToken: string | null;
	/** Gives the browser a new session and makes it known. */
	set(session: { sessionToken: Secret; deviceToken: string }): void;
	/** Takes the session from the browser. */
	clear(): void;
};
