/** Toleration as somebody has written it. */
interface Given {
    key?: string;
    operator?: string;
    value?: string;
    effect?: string;
    tolerationSeconds?: number;
}

/** Problems of a toleration's keys together, by the rules of the API server. */
export function tolerationProblems({
    key = "",
    operator = "Equal",
    value = "",
    effect,
    tolerationSeconds,
}: Given): { path: string[]; message: string }[] {
    return [
        ...(key === "" && operator !== "Exists"
            ? [
                  {
                      path: ["key"],
                      message: 'is missing, which only operator "Exists" may be without: then any taint is meant',
                  },
              ]
            : []),
        ...(operator === "Exists" && value !== ""
            ? [{ path: ["value"], message: 'is for operator "Equal", and that is "Exists"; leave one of both out' }]
            : []),
        ...(tolerationSeconds !== undefined && effect !== "NoExecute"
            ? [
                  {
                      path: ["tolerationSeconds"],
                      message: `is for effect "NoExecute", and that is ${effect ? `"${effect}"` : "any"}; leave it out, or say that effect`,
                  },
              ]
            : []),
    ];
}
