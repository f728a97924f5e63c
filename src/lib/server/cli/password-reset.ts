import { resetPassword } from '../auth/account-care';
import { parse, required, type Command } from './command';
import { audited, withApp } from './house';
import { readPassword } from './password-file';

/** For a person who forgot their password or lost their second factor: sh0 sends no mail, so the machine's administrator helps. */
export const passwordReset: Command = {
	usage: 'password reset --email E --password-file F [--drop-second-factor]',
	summary:
		'Gives account E a new password (F: a file that holds it, or - for standard input) and ends its sessions and API tokens.',
	async run(args, io) {
		const { values } = parse({
			args,
			options: {
				email: { type: 'string' },
				'password-file': { type: 'string' },
				'drop-second-factor': { type: 'boolean', default: false },
			},
		});
		const email = required(values, 'email').trim().toLowerCase();
		const isFactorDropped = values['drop-second-factor'];
		const password = await readPassword(required(values, 'password-file'), io);
		return withApp(io, async (app) => {
			const record = {
				action: 'auth.resetPassword',
				projectId: null,
				target: { kind: 'user', id: null, name: email },
				detail: JSON.stringify({ dropSecondFactor: isFactorDropped }),
			};
			await audited(app, record, () => resetPassword(app.db, { email, password, isFactorDropped }));
			io.err(`${email} has a new password; every session and API token of this account has ended.`);
			if (isFactorDropped) io.err('The second factor is off: it can be set up again in the settings.');
			return 0;
		});
	},
};
