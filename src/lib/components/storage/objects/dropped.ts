export type Chosen = { file: File; /** With its folders, slashes in between. */ path: string };

/** All files of a drop, those in folders too. Must be called before the event ends. */
export async function droppedFiles(transfer: DataTransfer): Promise<Chosen[]> {
	const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
	if (entries.length === 0) return chosenFiles(transfer.files);
	return (await Promise.all(entries.map(filesIn))).flat();
}

/** The files of a picker, which names folders when one was chosen. */
export function chosenFiles(files: FileList): Chosen[] {
	return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

async function filesIn(entry: FileSystemEntry): Promise<Chosen[]> {
	if (isFile(entry)) {
		const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
		return [{ file, path: entry.fullPath.replace(/^\//, '') }];
	}
	if (!isFolder(entry)) return [];
	const reader = entry.createReader();
	const found: Chosen[] = [];
	for (;;) {
		// A browser answers a hundred at a time.
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
			reader.readEntries(resolve, reject),
		);
		if (some.length === 0) return found;
		for (const inner of some) found.push(...(await filesIn(inner)));
	}
}
