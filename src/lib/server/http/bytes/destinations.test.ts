import { expect, it } from 'vitest';
import { isPartOfPage } from './destinations';

const asked = (dest: string, site = 'same-origin') => ({ 'sec-fetch-dest': dest, 'sec-fetch-site': site });

it.each([
	...['script', 'worker', 'sharedworker', 'serviceworker', 'style', 'audioworklet', 'paintworklet'],
	...['object', 'embed', 'xslt', 'json', 'manifest', 'font', 'iframe', 'whatever-comes-next'],
])('an object is no %s of the panel’s pages', (dest) => {
	expect(isPartOfPage(asked(dest))).toBe(true);
});

it.each(['document', 'empty', 'image', 'audio', 'video'])('an object may be an own page’s %s', (dest) => {
	expect(isPartOfPage(asked(dest))).toBe(false);
});

it('is a service worker’s script nowhere', () => {
	expect(isPartOfPage({ 'service-worker': 'script' })).toBe(true);
});

it('leaves to other sites what they make of a public object, and to scripts too', () => {
	expect(isPartOfPage(asked('script', 'cross-site'))).toBe(false);
	expect(isPartOfPage({})).toBe(false);
});
