import { pack } from 'tar-stream';

/** A file or a folder for a container's volume. */
export type ArchiveEntry = { path: string; mode: number; uid: number; gid: number } & (
	{ content: string } | { isFolder: true }
);

/** The entries, in their order, as one tar in memory. Times are left at zero: the same entries make the same bytes. */
export async function archiveOf(entries: ArchiveEntry[]): Promise<Buffer> {
	const archive = pack();
	for (const { path, mode, uid, gid, ...entry } of entries) {
		const header = { name: path, mode, uid, gid, mtime: new Date(0) };
		if ('isFolder' in entry) archive.entry({ ...header, type: 'directory' });
		else archive.entry(header, entry.content);
	}
	archive.finalize();
	const chunks: Buffer[] = [];
	for await (const chunk of archive) chunks.push(Buffer.from(chunk));
	return Buffer.concat(chunks);
}
