import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { visit } from './browser';
import { expect, type House } from './fixtures';
import type { Language } from './words';

const widths = [1440, 390, 360] as const;
export const height = 900;

export const cookieOf = (house: House, name: string, value: string) => ({
	...{ name, value },
	url: house.panel.url,
});

/** The texts a person sees or a screen reader says, without a server's own log. */
function textsOf(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const texts: string[] = [document.title];
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let node = walker.nextNode(); node; node = walker.nextNode()) {
			const parent = node.parentElement;
			if (!parent || parent.closest('script, style, pre, code, [role=log]')) continue;
			texts.push(node.textContent ?? '');
		}
		for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
			for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
				texts.push(element.getAttribute(name) ?? '');
		return texts.map((text) => text.trim()).filter((text) => text !== '');
	});
}

/** What scrolls sideways or reaches over the right edge, in words; empty when nothing does. */
function overflowOf(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth) return [];
		const wide = [...document.querySelectorAll('body *')].filter(
			(element) => element.getBoundingClientRect().right > root.clientWidth + 1,
		);
		return wide.slice(-3).map((element) => `${element.tagName} ${element.className.toString().slice(0, 80)}`);
	});
}

/** Nothing scrolls sideways at any width, there is one heading, and no sentence is in another language. */
export async function looksRight(
	page: Page,
	path: string,
	language: Language,
	untranslated: (texts: string[]) => string[],
) {
	for (const width of widths) {
		await page.setViewportSize({ width, height });
		if (width === 1440) await visit(page, path);
		expect.soft(await overflowOf(page), `${language} ${path} at ${width}`).toEqual([]);
	}
	await expect.soft(page.locator('html'), path).toHaveAttribute('lang', language);
	await expect.soft(page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
	expect.soft(untranslated(await textsOf(page)), `${language} ${path}`).toEqual([]);
}

/** What axe calls serious or critical. In dark only colours differ, so only they are looked at again. */
export async function violationsOf(page: Page, theme: 'light' | 'dark' = 'light'): Promise<string[]> {
	// Without a blank page that gathers the results of frames: there are none.
	const axe = new AxeBuilder({ page }).setLegacyMode();
	const { violations } = await (theme === 'dark' ? axe.withRules(['color-contrast']) : axe).analyze();
	return violations
		.filter(({ impact }) => impact === 'serious' || impact === 'critical')
		.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

/** Changes the theme of the open page as its settings do, and waits until no colour is between two any more. */
async function showIn(page: Page, theme: 'light' | 'dark'): Promise<void> {
	await page.evaluate((chosen) => (document.documentElement.dataset.theme = chosen), theme);
	await page.waitForFunction(() =>
		document.getAnimations().every((one) => !(one instanceof CSSTransition) || one.playState !== 'running'),
	);
}

/** axe finds nothing serious on the page of somebody who chose the light theme, nor when it is dark, wide and narrow. */
export async function looksAccessible(page: Page, path: string): Promise<void> {
	await page.setViewportSize({ width: 1440, height });
	await visit(page, path);
	await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
	for (const width of [1440, 390]) {
		await page.setViewportSize({ width, height });
		for (const theme of ['light', 'dark'] as const) {
			await showIn(page, theme);
			expect.soft(await violationsOf(page, theme), `${path} at ${width} in ${theme}`).toEqual([]);
		}
	}
}
