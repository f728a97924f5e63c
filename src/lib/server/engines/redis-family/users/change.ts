import type { Argument, Connection } from '../connection';

type Command = [string, ...Argument[]];

/**
 * Changes users and writes that down, both or neither: what the server could not write down would be gone at its next start. The two
 * reach the server as one piece, so that our own end cannot come between them.
 */
export async function changeUsers(
	connection: Connection,
	{ change, undo }: { change: Command; undo: Command },
): Promise<void> {
	const [changed, written] = await connection.transaction([change, ['CONFIG', 'REWRITE']]);
	if (changed instanceof Error) throw changed;
	if (!(written instanceof Error)) return;
	await connection.call(...undo);
	throw written;
}
