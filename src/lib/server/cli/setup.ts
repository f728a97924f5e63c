import { z } from 'zod';
import { createFirstOwner } from '../auth/setup';
import { parse, required, UsageError, type Command } from './command';
import { audited, withApp } from './house';
import { readPassword } from './password-file';

/** Makes the first owner without a browser. The password comes by file or standard input, since arguments show in `ps`. */
export const setup: Command = {
	usage: 'setup --email E --password-file F',
	summary: 'Makes the first owner. F: a file that holds the password, or - for standard input.',
	async run(args, io) {
		const { values } = parse({
			args,
			options: { email: { type: 'string' }, 'password-file': { type: 'string' } },
		});
		const email = z.email().safeParse(required(values, 'email'));
		if (!email.success) throw new UsageError('--email is not an e-mail address.');
		const password = await readPassword(required(values, 'password-file'), io);
		return withApp(io, async (app) => {
			const target = { kind: 'user', id: null, name: email.data };
			await audited(app, { action: 'auth.setup', projectId: null, target }, () =>
				createFirstOwner({ db: app.db }, { email: email.data, password }),
			);
			io.err(`${email.data} is the owner now and can sign in. A project named Default was made.`);
			return 0;
		});
	},
};
