namespace Adit.Faults.Stage;

/// <summary>What a process holds open, as Linux counts it.</summary>
internal static class Descriptors
{
    /// <summary>How many sockets a process holds.</summary>
    public static int Sockets(int processId)
    {
        var count = 0;
        foreach (var file in Directory.EnumerateFiles($"/proc/{processId}/fd"))
        {
            try
            {
                if (new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true)
                {
                    count++;
                }
            }
            catch (IOException)
            {
                // Closed since it was listed.
            }
        }

        return count;
    }
}
