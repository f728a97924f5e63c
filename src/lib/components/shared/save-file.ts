/** Hands a text to the browser as a download; nothing is sent anywhere. */
export function saveFile(name: string, contentType: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: contentType }));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	// The browser has taken the content by the next turn.
	setTimeout(() => URL.revokeObjectURL(url));
}
