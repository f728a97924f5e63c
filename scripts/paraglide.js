/** The one set of paraglide options: vite and `npm run check` must compile the same output. */
export const paraglideOptions = {
	project: './project.inlang',
	outdir: './src/lib/i18n/generated',
	/** @type {("cookie" | "preferredLanguage" | "baseLocale")[]} */
	strategy: ['cookie', 'preferredLanguage', 'baseLocale'],
	cookieName: 'sh0_locale',
};
