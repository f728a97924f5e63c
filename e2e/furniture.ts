import { expect } from '@playwright/test';
import { ended, sessionCookie } from './api';
import type { House, RunningServer } from './fixtures';
import { pageClient } from './panel';

/** Puts something on every page of a new server and of its house, with names and texts as long as they may be. Not to be done twice. */
export async function furnish(house: House, { id: serviceId }: RunningServer): Promise<void> {
	const { api } = house;
	await api.databases.create.mutate({ serviceId, name: 'shop' });
	await api.databases.create.mutate({ serviceId, name: `${'a-long-name-'.repeat(5)}end` });
	await api.databaseUsers.create.mutate({
		serviceId,
		name: 'shop_app',
		grants: [{ database: 'shop', level: 'write' }],
	});
	await api.databaseUsers.create.mutate({
		serviceId,
		name: 'a_user_whose_name_is_as_long_as_any_name_can_be',
		grants: [{ database: 'shop', level: 'read' }],
	});
	const rows = `insert into orders select 1, repeat('a long note ', 40), 'x' from generate_series(1, 60)`;
	for (const text of ['create table orders (id int, note text, a_column_whose_name_is_long text)', rows])
		await api.browser.query.mutate({ serviceId, database: 'shop', text, isReadOnly: false });
	const { operationId } = await api.services.restart.mutate({ serviceId });
	await ended(api, operationId);
	await haveInstanceRow(house);
}

/** The record of the installation itself has something to show: a login that failed. */
async function haveInstanceRow({ panel, project }: House): Promise<void> {
	const { name, value } = sessionCookie(panel.url, project.people.owner.sessionToken);
	const stranger = pageClient(panel, () => '');
	const email = 'somebody-with-a-name-of-some-length@a-department.example.test';
	await expect(stranger.auth.login.mutate({ email, password: 'not the right one' })).rejects.toThrow();
	const { entries } = await pageClient(panel, () => `${name}=${value}`).activity.listInstance.query({});
	expect(entries.map(({ action }) => action)).toContain('auth.login');
}
