# podman's seccomp profile as containerd has its own (RuntimeDefault): without
# CAP_SYS_ADMIN no process makes a namespace, and so no browser builds a sandbox
# of them, to find then that it may not chroot into it.
["clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root"] as $names
| .defaultErrnoRet = 1
| .syscalls |= map(.names -= $names | select(.names != []))
| .syscalls += [
    {names: ["clone"], action: "SCMP_ACT_ALLOW",
     args: [{index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]},
    {names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38}
  ]
