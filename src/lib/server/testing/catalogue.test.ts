import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineSentences, noticeSentences } from '../../components/services/engine-words';
import { engineSigns } from '../../components/services/engine-signs';
import { locales } from '../../i18n/generated/runtime';
import { connectionText } from '../../shared/connection';
import { engines } from '../engines';
import { loadEnv } from '../env';
import { loadPlans, type ImagePlan } from '../images/recipes';

const facts = { host: 'h', port: 1, user: 'u', password: null, database: 'd' };
let plans: ImagePlan[] = [];

beforeAll(async () => {
	plans = await loadPlans(loadEnv({}).imagesDir);
});

it('has no sign and no sentence for an engine that is not in the catalogue', () => {
	const known = engines.map(({ id }) => id).sort();
	expect(Object.keys(engineSigns).sort()).toEqual(known);
	expect(Object.keys(engineSentences).sort()).toEqual(known);
});

describe.each(engines)('$label has what it needs:', ({ id, label, notice, versions, databaseAdmin }) => {
	it('a sign, and a sentence in every language', async () => {
		expect(engineSigns[id]?.letters).toMatch(/^\p{Lu}\p{Ll}$/u);
		for (const locale of locales) {
			const said = engineSentences[id]?.();
			const messages: unknown = JSON.parse(await readFile(join('messages', `${locale}.json`), 'utf8'));
			expect([locale, messages]).toEqual([
				locale,
				expect.objectContaining({ [`engine_${id}_text`]: expect.stringMatching(/\w{3}/) }),
			]);
			expect(said).toMatch(/\w{3}/);
		}
	});

	it('an official image or a recipe of each version, and one default version', () => {
		for (const { version, image } of versions) {
			const plan = plans.find((one) => one.engine === id && one.version === version);
			expect([version, plan?.official?.ref ?? null]).toEqual([version, image]);
			expect(plan?.official ?? plan?.recipe).toBeTruthy();
		}
		expect(versions.filter(({ isDefault }) => isDefault)).toHaveLength(1);
		expect(plans.filter(({ engine }) => engine === id)).toHaveLength(versions.length);
	});

	it('connection texts, and a notice with a sentence where it has one', () => {
		expect(label.length).toBeGreaterThan(3);
		if (databaseAdmin) expect(connectionText(id, facts)?.uri ?? '').toContain('://');
		if (notice !== null) expect(noticeSentences[notice]()).toMatch(/\w{3}/);
	});
});
