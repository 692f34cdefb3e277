/** An image reference in the three parts that charts take. */
export function imageValue(ref: string, pullPolicy: string): { repository: string; tag: string; pullPolicy: string } {
    const colon = ref.lastIndexOf(":");
    return { repository: ref.slice(0, colon), tag: ref.slice(colon + 1), pullPolicy };
}
