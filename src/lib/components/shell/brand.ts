/** A name, so it is the same in every language. */
export const appName = 'sh0';

/** `shop-prod - running`, or `Databases - sh0` where a page has no state to tell. */
export function documentTitle(title: string, state?: string): string {
	return `${title} - ${state ?? appName}`;
}
