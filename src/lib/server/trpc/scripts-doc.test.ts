import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { policy, type PolicyRow } from '../auth/policy';

/** `scope part.procedure` of every procedure in the table of docs/scripts.md. */
function documented(): string[] {
	const rows = readFileSync('docs/scripts.md', 'utf8').matchAll(
		/^\| (`\w+`|none) +\| `([\w.]+)` +\| (.+) \|$/gm,
	);
	return [...rows].flatMap(([, scope = '', part, procedures = '']) =>
		[...procedures.matchAll(/`(\w+)`/g)].map(([, name]) => `${scope.replaceAll('`', '')} ${part}.${name}`),
	);
}

it('the document for scripts names the scope of every procedure', () => {
	const rows: [string, PolicyRow][] = Object.entries(policy);
	const real = rows.flatMap(([path, row]) =>
		row.scope === 'public' ? [] : [`${row.token ?? 'none'} ${path}`],
	);
	expect(documented().sort()).toEqual(real.sort());
});
