module data-platform/sandbox/tools/pause

go 1.24
