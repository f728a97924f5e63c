const elsewhere = 'http://sh0.invalid';
/** Where one would go round in a circle, or meet no page. */
const notNext = ['/login', '/setup', '/invitation', '/trpc'];

/** The path to go to after signing in: only one of this panel's own pages, else the home page. */
export function safeNext(value: string | null): string {
	if (value === null || !value.startsWith('/') || !URL.canParse(value, elsewhere)) return '/';
	const url = new URL(value, elsewhere);
	// `/..//host` comes out as `//host`, which would be an address of its own.
	if (url.origin !== elsewhere || url.pathname.startsWith('//')) return '/';
	if (notNext.some((path) => url.pathname === path || url.pathname.startsWith(`${path}/`))) return '/';
	return `${url.pathname}${url.search}${url.hash}`;
}

/** The sign-in page that leads back to where one was. */
export function loginPath(from: URL): string {
	const next = safeNext(`${from.pathname}${from.search}`);
	return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
