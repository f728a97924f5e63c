import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// Sent before the page's script runs, a form without a method puts what was typed, passwords too, in the address.
const components = readdirSync('src', { recursive: true, encoding: 'utf8' })
	.filter((file) => file.endsWith('.svelte'))
	.map((file) => join('src', file));
const forms = components.flatMap((file) =>
	[...readFileSync(file, 'utf8').matchAll(/<form\b[^>]*>/g)].map(([tag]) => ({ file, tag })),
);

describe('forms', () => {
	it('are found', () => expect(forms.length).toBeGreaterThan(10));

	it.each(forms)('$file keeps what was typed out of the address', ({ tag }) => {
		expect(tag).toContain('method="post"');
	});
});
