import { listAccounts, removeAccount, type AccountView } from '../auth/account-care';
import { parse, required, type Command } from './command';
import { audited, withApp } from './house';

function lineOf({ email, isInstanceOwner, hasSecondFactor, projects }: AccountView): string {
	const places = projects.map(({ name, role }) => `${role} of ${name}`);
	const facts = [
		...(isInstanceOwner ? ['owns this installation'] : []),
		...(places.length === 0 ? ['in no project'] : places),
		hasSecondFactor ? 'second factor on' : 'no second factor',
	];
	return `${email}: ${facts.join(', ')}`;
}

export const accountList: Command = {
	usage: 'account list',
	summary: 'Lists the accounts and the projects they are in.',
	async run(args, io) {
		parse({ args, options: {} });
		return withApp(io, (app) => {
			for (const account of listAccounts(app.db)) io.out(lineOf(account));
			return Promise.resolve(0);
		});
	},
};

/** For who left, and for an address under which somebody else made an account: sh0 does not verify addresses. */
export const accountRemove: Command = {
	usage: 'account remove --email E',
	summary:
		'Removes account E with its sessions, API tokens and places in projects; its address can be invited anew.',
	async run(args, io) {
		const { values } = parse({ args, options: { email: { type: 'string' } } });
		const email = required(values, 'email').trim().toLowerCase();
		return withApp(io, async (app) => {
			const target = { kind: 'user', id: null, name: email };
			await audited(app, { action: 'auth.removeAccount', projectId: null, target }, () =>
				removeAccount(app.db, email),
			);
			io.err(`The account ${email} is removed. What it did stays in the activity.`);
			return 0;
		});
	},
};
