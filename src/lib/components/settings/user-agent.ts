/* Enough to tell one's own devices apart. The order matters: browsers carry the names of those they come from. */

const browsers: readonly [RegExp, string][] = [
	[/\bEdg(e|A|iOS)?\//, 'Edge'],
	[/\b(OPR|Opera)\//, 'Opera'],
	[/\bSamsungBrowser\//, 'Samsung Internet'],
	[/\bVivaldi\//, 'Vivaldi'],
	[/\b(Firefox|FxiOS)\//, 'Firefox'],
	[/\b(HeadlessChrome|Chrome|CriOS|Chromium)\//, 'Chrome'],
	[/\bVersion\/.*\bSafari\//, 'Safari'],
	[/^curl\//, 'curl'],
];

const systems: readonly [RegExp, string][] = [
	[/\biPhone\b/, 'iPhone'],
	[/\biPad\b/, 'iPad'],
	[/\bAndroid\b/, 'Android'],
	[/\bCrOS\b/, 'ChromeOS'],
	[/\bWindows\b/, 'Windows'],
	[/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
	[/\bLinux\b/, 'Linux'],
];

const firstOf = (names: readonly [RegExp, string][], text: string) =>
	names.find(([pattern]) => pattern.test(text))?.[1] ?? null;

export type Device = { browser: string | null; system: string | null; isMobile: boolean };

/** Which browser and system a User-Agent header names; null where it names none that is known. */
export function deviceOf(userAgent: string): Device {
	const system = firstOf(systems, userAgent);
	return {
		browser: firstOf(browsers, userAgent),
		system,
		isMobile: system === 'iPhone' || system === 'Android' || /\bMobile\b/.test(userAgent),
	};
}
