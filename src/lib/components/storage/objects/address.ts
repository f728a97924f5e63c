/** The address of the page that shows what is below a prefix. */
export function addressOf(url: URL, prefix: string): string {
	return prefix === '' ? url.pathname : `${url.pathname}?${new URLSearchParams({ prefix })}`;
}
