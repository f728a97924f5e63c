import type { TokenScope } from '$lib/shared/roles';

/** What a caller shows: the session cookie's value or an API token, both in clear text. */
export type Credentials = { kind: 'session'; token: string } | { kind: 'token'; token: string };

export type IdentityUser = { id: string; email: string; isInstanceOwner: boolean };

/** A caller who was recognised. A token is bound to one project and to the scopes it was made with. */
export type Identity = {
	user: IdentityUser;
	via:
		| { kind: 'session'; sessionId: string }
		| { kind: 'token'; tokenId: string; tokenName: string; projectId: string; scopes: TokenScope[] };
};
