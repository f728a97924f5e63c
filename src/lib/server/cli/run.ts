import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { overwriteGetLocale } from '$lib/i18n/generated/runtime';
import { InstanceLockedError } from '../db/lock';
import { MigrationError } from '../db/migrate';
import { EnvError } from '../env';
import { isAppError } from '../errors';
import { accountList, accountRemove } from './account';
import { auditVerify } from './audit-verify';
import { UsageError, type Command, type Io } from './command';
import { doctor } from './doctor';
import { imagesBuild } from './images-build';
import { imagesList } from './images-list';
import { passwordReset } from './password-reset';
import { setup } from './setup';
import { tokenCreate } from './token-create';

/** By its words on the command line. */
const commands: Record<string, Command> = {
	setup,
	'token create': tokenCreate,
	'password reset': passwordReset,
	'account list': accountList,
	'account remove': accountRemove,
	doctor,
	'audit verify': auditVerify,
	'images build': imagesBuild,
	'images list': imagesList,
};

const EXIT_PROBLEM = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

function help(): string[] {
	const lines = Object.values(commands).flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]);
	return ['npm run sh0 -- COMMAND, where COMMAND is one of:', '', ...lines];
}

function find(argv: string[]): { command: Command; args: string[] } | null {
	for (const words of [2, 1]) {
		const name = argv.slice(0, words).join(' ');
		const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
		if (command !== undefined) return { command, args: argv.slice(words) };
	}
	return null;
}

/** Says what went wrong in sentences and gives the exit code. */
function report(error: unknown, command: Command, io: Io): number {
	if (io.signal.aborted) {
		io.err('Interrupted.');
		return EXIT_INTERRUPTED;
	}
	if (error instanceof UsageError) {
		io.err(error.message);
		io.err(`Usage: npm run sh0 -- ${command.usage}`);
		return EXIT_USAGE;
	}
	if (error instanceof EnvError || error instanceof MigrationError || error instanceof InstanceLockedError) {
		io.err(error.message);
		return EXIT_PROBLEM;
	}
	if (isAppError(error)) {
		io.err(sentenceOfCode(error.code, error.details));
		if (error.message !== error.code) io.err(error.message);
		return EXIT_PROBLEM;
	}
	io.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
	return EXIT_PROBLEM;
}

/** Runs the command that `argv` names and gives its exit code: 0 done, 1 a problem, 2 a command line that makes no sense. */
export async function run(argv: string[], io: Io): Promise<number> {
	overwriteGetLocale(() => 'en');
	if (argv.length === 0 || argv[0] === 'help' || argv[0] === '--help') {
		for (const line of help()) io.out(line);
		return 0;
	}
	const found = find(argv);
	if (found === null) {
		io.err(`There is no command "${argv.slice(0, 2).join(' ')}".`);
		for (const line of help()) io.err(line);
		return EXIT_USAGE;
	}
	try {
		return await found.command.run(found.args, io);
	} catch (error) {
		return report(error, found.command, io);
	}
}
