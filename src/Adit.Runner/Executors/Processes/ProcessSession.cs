using System.Runtime.Versioning;

namespace Adit.Runner.Executors;

/// <summary>
/// A session and all that is in it, whatever process groups a shell with job control made of it. A program that left it (setsid) is not reached.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class ProcessSession
{
    private const int MostRounds = 100;

    /// <summary>
    /// Kills it, also when its leader has ended: Linux gives its number to nobody else as long as one of them is there. Does not wait until
    /// they are gone: what was signalled bears no more children.
    /// </summary>
    /// <param name="leader">The number of its leader, and so its own.</param>
    /// <param name="started">When the leader was started: nothing older is in the session, and a process of that number that started otherwise shows that the session is gone.</param>
    public static void Kill(int leader, long started)
    {
        if (leader <= 1)
            return; // kill(2) takes these for everybody.
        var signalled = new HashSet<(int Id, long Started)>();
        for (var round = 0; round < MostRounds; round++)
        {
            var all = ProcessStat.All();
            if (all.Any(p => p.Id == leader && p.Started != started))
                return;
            var members = all.Where(p => (p.Session == leader || p.Id == leader) && p.Started >= started && !p.IsDead && signalled.Add((p.Id, p.Started))).ToList();
            if (members.Count == 0)
                return; // A child that was born while we looked is found in the next round.
            foreach (var member in members)
                Posix.Signal(member.Id, Posix.SigKill);
        }
    }
}
