// Saves what the page knows as a file on the reader's machine.

export function save_file(name: string, type: string, text: string): void {
    save_blob(name, new Blob([text], { type }));
}

export function save_blob(name: string, blob: Blob): void {
    const url = URL.createObjectURL(blob);
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
