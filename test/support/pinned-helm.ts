// The committed manifests are those of the pinned Helm, also where another one is in PATH and the pinned one has yet to be built.
process.env.DATA_PLATFORM_HELM ??= "pinned";
