export const themeCookie = 'sh0_theme';
export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

const yearSeconds = 365 * 24 * 60 * 60;

/** The choice that a cookie holds; anything else means `system`. */
export function parseTheme(value: string | undefined | null): ThemeChoice {
	return themeChoices.find((choice) => choice === value) ?? 'system';
}

/** Light, dark or the system's. The server writes the cookie's choice on <html>, so nothing flashes. */
class Theme {
	choice = $state<ThemeChoice>(
		typeof document === 'undefined' ? 'system' : parseTheme(document.documentElement.dataset['theme']),
	);

	/** Shows the theme at once and remembers it for a year. */
	set(choice: ThemeChoice): void {
		this.choice = choice;
		document.documentElement.dataset['theme'] = choice;
		document.cookie = `${themeCookie}=${choice}; path=/; max-age=${yearSeconds}; samesite=lax`;
	}
}

export const theme = new Theme();
