import { readFile } from 'node:fs/promises';
import { UsageError, type Io } from './command';

/**
 * The file's text, or standard input for `-`, without the line's end that editors and `echo` put there: arguments show in `ps`. Throws
 * UsageError.
 */
export async function readPassword(file: string, io: Io): Promise<string> {
	try {
		const text = file === '-' ? await io.readStdin() : await readFile(file, 'utf8');
		return text.replace(/\r?\n$/, '');
	} catch (cause) {
		throw new UsageError(`The password file ${file} cannot be read.`, { cause });
	}
}
