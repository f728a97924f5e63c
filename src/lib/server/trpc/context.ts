import type { App } from '../app';
import type { Credentials } from '../auth/identity';
import type { SignInCookies } from '../auth/sign-in-cookies';

/** What every call starts with. Over a WebSocket it is made once per connection, so identity is looked up per call, not here. */
export type Context = {
	app: App;
	requestId: string;
	ip: string;
	userAgent: string;
	credentials: Credentials | null;
	/** Null over a WebSocket, where no cookie can be set. */
	cookies: SignInCookies | null;
	/** Calls in this HTTP batch; 1 over a WebSocket. */
	batchSize: number;
	/** True once nobody waits for the answer, as far as that is known. */
	hasLeft?: (() => boolean) | undefined;
};
