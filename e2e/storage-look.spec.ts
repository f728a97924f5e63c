import { engines } from '../src/lib/server/engines';
import { versionsHere } from '../src/lib/server/testing/images-here';
import { ended, test, type House } from './fixtures';
import { cookieOf, looksAccessible, looksRight } from './looks';
import { languages, untranslatedIn } from './translations';

const MIB = 1024 ** 2;

/** A server of the engine with buckets and a key of names as long as they can be, and the paths of its pages. */
async function storagePaths({ api, project }: House, engine: { id: string; version: string }) {
	const { operationId, serviceId } = await api.services.create.mutate({
		...{ projectId: project.projectId, engine: engine.id, version: engine.version },
		...{
			name: `${`look-${engine.id}-`.padEnd(39, 'long-name-')}x`,
			memoryBytes: 512 * MIB,
			dataLimitBytes: 2_048 * MIB,
		},
	});
	await ended(api, operationId);
	for (const name of ['photos', `${'a-long-name-'.repeat(5)}end`])
		await api.buckets.create.mutate({ serviceId, name });
	await api.storageKeys.create.mutate({
		...{ serviceId, description: 'A key whose description is rather long, '.repeat(4).trim() },
		permissions: [{ bucket: 'photos', read: true, write: true, owner: false }],
	});
	const tabs = ['', '/buckets', '/buckets/photos', '/buckets/photos/objects', '/keys', '/copies', '/logs'];
	return [...tabs, '/settings'].map((tab) => `/storage/${serviceId}${tab}`);
}

for (const engine of engines.filter(({ kind }) => kind === 'storage')) {
	test(`every page of a ${engine.label} server fits, speaks every language and is accessible`, async ({
		house,
		pageOf,
	}) => {
		test.setTimeout(400_000);
		const versions = engine.versions.map(({ version }) => version);
		const [version] = await versionsHere(engine.id, versions);
		test.skip(version === undefined, `the image of ${engine.label} is not on this machine`);
		const paths = await storagePaths(house, { id: engine.id, version: version ?? '' });
		const page = await pageOf(house.project.people.owner);
		for (const language of languages) {
			await page.context().addCookies([cookieOf(house, 'sh0_locale', language)]);
			for (const path of paths) await looksRight(page, path, language, untranslatedIn(language));
		}
		await page.context().addCookies([cookieOf(house, 'sh0_theme', 'light')]);
		for (const path of paths) await looksAccessible(page, path);
	});
}
