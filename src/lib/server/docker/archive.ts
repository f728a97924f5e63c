import { pack } from 'tar-stream';

/** A file for a container's volume. */
export type ArchiveFile = { path: string; content: string; mode: number; uid: number; gid: number };

/** The files as one tar in memory. Times are left at zero: the same files make the same bytes. */
export async function archiveOf(files: ArchiveFile[]): Promise<Buffer> {
	const archive = pack();
	for (const { path, content, mode, uid, gid } of files) {
		archive.entry({ name: path, mode, uid, gid, mtime: new Date(0) }, content);
	}
	archive.finalize();
	const chunks: Buffer[] = [];
	for await (const chunk of archive) chunks.push(Buffer.from(chunk));
	return Buffer.concat(chunks);
}
