import { existsSync } from 'node:fs';
import { dataFiles, loadEnv } from '../env';
import { checkInvariants, type Invariant } from '../services/invariants';
import { parse, type Command, type Io } from './command';
import { checkInstallation, checkMachine, type Finding } from './environment';
import { withApp } from './house';

const advice: Record<number, string> = {
	1: 'Start the panel: it makes what is missing and shows what it cannot. What belongs to no service can be removed with Docker.',
	2: 'Start the panel, or restart it: it takes the operation up again.',
	3: 'Restart the service from its page.',
	4: 'Where none logs in, the password was changed in the server itself: set it back there to the one that sh0 has (an owner or admin gets it from the API\'s secrets.reveal), since sh0 cannot get in to change it. Where more than one logs in, use "Renew password" under the service\'s settings.',
	5: 'Compare with a backup of the data folder; "audit verify" names the entry.',
	7: 'Remove the file, or the text from it, and change that secret.',
	8: 'Stop the panel and put a backup of the data folder back.',
	9: 'When nobody works in the container by hand, restart the service from its page: it may hold locks.',
	11: "Start the panel: it brings every service to where it should be. See the service's log when it does not stay there.",
	12: 'Remove it: nothing needs it any more.',
};

function findingOf({ number, name, ok, problems }: Invariant): Finding {
	const detail = ok ? 'holds' : problems.join('\n');
	return { name: `${number}. ${name}`, ok, detail, advice: ok ? null : (advice[number] ?? null) };
}

function show(io: Io, { name, ok, detail, advice: todo }: Finding): void {
	const [first = '', ...more] = detail.split('\n');
	io.out(`${ok ? 'ok      ' : 'PROBLEM '} ${name}: ${first}`);
	for (const line of more) io.out(`         ${line}`);
	if (todo !== null) io.out(`         What to do: ${todo}`);
}

/** Looks at the machine, the installation and the invariants. Reads only; exit code 1 when something is wrong. */
export const doctor: Command = {
	usage: 'doctor [--json]',
	summary: 'Checks this machine and the installation, and says what to do about what is wrong.',
	async run(args, io) {
		const { values } = parse({ args, options: { json: { type: 'boolean', default: false } } });
		const env = loadEnv(io.env);
		const environment = checkMachine(env);
		let invariants: Invariant[] = [];
		if (existsSync(dataFiles(env.dataDir).database)) {
			await withApp(io, async (app) => {
				environment.push(...(await checkInstallation(app)));
				invariants = await checkInvariants({ ...app, dataDir: env.dataDir });
			});
		}
		const findings = [...environment, ...invariants.map(findingOf)];
		const problems = findings.filter(({ ok }) => !ok).length;
		if (values.json) {
			io.out(JSON.stringify({ ok: problems === 0, environment, invariants }, null, '\t'));
		} else {
			for (const finding of findings) show(io, finding);
			io.out(
				problems === 0
					? 'Everything is in order.'
					: `${problems} of ${findings.length} checks found a problem.`,
			);
		}
		return problems === 0 ? 0 : 1;
	},
};
