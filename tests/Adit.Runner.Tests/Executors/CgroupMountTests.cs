using Adit.Runner.Executors;

namespace Adit.Runner.Tests.Executors;

/// <summary>Where control groups are, as other machines than ours say it.</summary>
public sealed class CgroupMountTests
{
    [Fact]
    public void Version_1_with_controllers_that_share_a_hierarchy()
    {
        var mounts = CgroupMount.Parse(
            """
            25 30 0:22 / /proc rw - proc proc rw
            33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
            34 32 0:30 / /sys/fs/cgroup/memory rw,nosuid shared:10 - cgroup cgroup rw,memory
            35 32 0:31 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd
            """,
            "4:memory:/system.slice/adit.service\n3:cpu,cpuacct:/system.slice\n1:name=systemd:/system.slice/adit.service\n");

        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/system.slice", mounts.Single(static m => m.Controllers.Contains("cpuacct")).Own);
        Assert.Equal("/sys/fs/cgroup/memory/system.slice/adit.service", mounts.Single(static m => m.Controllers.Contains("memory")).Own);
        Assert.DoesNotContain(mounts, static m => m.IsV2);
    }

    [Fact]
    public void Version_2()
    {
        var mount = Assert.Single(CgroupMount.Parse("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", "0::/system.slice/adit.service\n"));

        Assert.True(mount.IsV2);
        Assert.Equal("/sys/fs/cgroup/system.slice/adit.service", mount.Own);
    }

    [Fact]
    public void Inside_a_container_that_sees_a_part()
    {
        var mount = Assert.Single(CgroupMount.Parse("30 23 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "4:memory:/docker/abc\n"));

        Assert.Equal("/sys/fs/cgroup/memory", mount.Own);
    }

    [Fact]
    public void A_process_with_an_odd_name_is_read()
    {
        var stat = ProcessStat.Parse("42 (a ) S (x) R 7 42 41 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 12345 1000 99 18446744073709551615 0 0");

        Assert.Equal(new ProcessStat(42, 7, 41, 12345, 100, 99, false), stat);
        Assert.Null(ProcessStat.Parse("nonsense"));
        Assert.Null(ProcessIdentity.Parse("boot 42 (sh) S 1"));
    }
}
