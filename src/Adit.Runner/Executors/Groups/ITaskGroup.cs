using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>What all processes of a task have used.</summary>
/// <param name="Cpu">CPU time since it began.</param>
/// <param name="MemoryBytes">Memory now, without what the system could take back at once.</param>
/// <param name="OutOfMemoryKills">How many of its processes were ended because its memory was used up.</param>
internal readonly record struct GroupUse(TimeSpan Cpu, long MemoryBytes, long OutOfMemoryKills);

/// <summary>
/// All processes of one attempt of a task, whatever these have done to get away as far as the system lets us see it; without the script that
/// started them. Methods do little and block no longer than the system's own files do.
/// </summary>
internal interface ITaskGroup
{
    /// <summary>Where the system keeps it, to find it again by: the directory by what it is for. Empty when there is nothing to keep.</summary>
    IReadOnlyDictionary<string, string> Directories { get; }

    /// <summary>Files that a process writes <c>0</c> to, each, to be in the group with all that it starts from then on.</summary>
    IReadOnlyList<string> JoinFiles { get; }

    /// <summary>What it has used; null when it is gone.</summary>
    GroupUse? Use();

    /// <summary>Sends SIGKILL to all of it that runs. True when nothing of it runs any more; otherwise ask again soon.</summary>
    bool TryKill();

    /// <summary>Halts all of it, or lets it go on. May return before all of it stands.</summary>
    void Freeze(bool frozen);

    /// <summary>Takes it away, when it is empty. True when it is gone.</summary>
    bool TryRemove();
}

/// <summary>The way in which this system holds a task's processes together: <see cref="CgroupsV1"/>, <see cref="CgroupsV2"/>, <see cref="Sessions"/>.</summary>
internal interface ITaskGroups
{
    /// <summary>What it cannot do here, for the admin: a sentence each, with the remedy.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Makes a group, with limits where the system can limit; takes the one that is there.</summary>
    /// <param name="name">Its name: letters, digits, '-', '_', '.'.</param>
    /// <param name="resources">Its limits.</param>
    /// <param name="mostProcesses">How many processes and threads it may have.</param>
    /// <exception cref="IOException">The system does not let us.</exception>
    ITaskGroup Create(string name, TaskResources resources, int mostProcesses);

    /// <summary>The group of a task that was started before.</summary>
    /// <param name="directories">Its <see cref="ITaskGroup.Directories"/>.</param>
    /// <param name="session">The process that started it, which is its session's number.</param>
    ITaskGroup Open(IReadOnlyDictionary<string, string> directories, ProcessIdentity? session);
}
