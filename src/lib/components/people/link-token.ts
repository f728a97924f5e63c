/*
 * A link's token is a secret: it leaves the address bar (and so the history, a screenshot, a referrer) as soon as the page has it.
 * A reload, such as the one that changes the language, still finds it: it stays in this tab until it is used or the tab is closed.
 */

const purposes = ['setup', 'invitation'] as const;
export type LinkPurpose = (typeof purposes)[number];

const keyOf = (purpose: LinkPurpose) => `sh0_link_${purpose}`;

/** What the link to this page is for, or undefined when it is no such page. */
export function linkPurpose(pathname: string | undefined): LinkPurpose | undefined {
	return purposes.find((purpose) => pathname === `/${purpose}`);
}

/** Keeps the token for this tab. */
export function keepLinkToken(purpose: LinkPurpose, token: string): void {
	sessionStorage.setItem(keyOf(purpose), token);
}

/** The token that this tab keeps, or null. */
export function keptLinkToken(purpose: LinkPurpose): string | null {
	return sessionStorage.getItem(keyOf(purpose));
}

/** Called once the token was used, or turned out to be of no use. */
export function forgetLinkToken(purpose: LinkPurpose): void {
	sessionStorage.removeItem(keyOf(purpose));
}
