using System.Diagnostics;

namespace Adit.Runner.Programs;

/// <summary>Windows has no signal that all programs know: the tree is ended at once.</summary>
internal sealed class WindowsProcessGroup : IProcessGroup
{
    public ProcessStartInfo Prepare(string command) =>
        new(Environment.GetEnvironmentVariable("ComSpec") ?? "cmd.exe") { Arguments = $"/d /s /c \"{command}\"" };

    public void Terminate(Process first) => Kill(first);

    public void Kill(Process first)
    {
        try
        {
            first.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It has ended already.
        }
    }
}
