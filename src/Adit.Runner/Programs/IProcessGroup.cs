using System.Diagnostics;

namespace Adit.Runner.Programs;

/// <summary>
/// Starts a command line so that it and everything it starts can be ended together. After <see cref="Kill"/> nothing of the group runs,
/// whatever its first process has done.
/// </summary>
internal interface IProcessGroup
{
    /// <summary>How to start the command line with the system's shell, as the first of a group.</summary>
    ProcessStartInfo Prepare(string command);

    /// <summary>Asks all of the group to end. Never throws.</summary>
    void Terminate(Process first);

    /// <summary>Ends all of the group at once. Never throws.</summary>
    void Kill(Process first);
}

/// <summary>Knows which group this system has.</summary>
internal static class ProcessGroup
{
    public static IProcessGroup ForThisSystem() =>
        OperatingSystem.IsWindows() ? new WindowsProcessGroup() : new UnixProcessGroup();
}
