using System.Runtime.Versioning;

namespace Adit.Runner.Executors;

/// <summary>Finds out how this machine holds a task's processes together.</summary>
[SupportedOSPlatform("linux")]
internal static class TaskGroups
{
    /// <summary>The best that there is: control groups of either version, else sessions.</summary>
    public static ITaskGroups ForThisMachine()
    {
        var mounts = CgroupMount.All();
        if (CgroupsV1.Find(mounts) is { } first)
            return first;
        return CgroupsV2.Find(mounts) is { } second ? second : new Sessions();
    }
}
