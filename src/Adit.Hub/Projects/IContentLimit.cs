namespace Adit.Hub.Projects;

/// <summary>How much the content of a project may take. Asked before anything is written to it.</summary>
internal interface IContentLimit
{
    /// <summary>Why a project may store no more, as a sentence; null when it may.</summary>
    /// <param name="project">The project.</param>
    /// <param name="storedBytes">Bytes that its content takes on the disk now.</param>
    string? Refusal(string project, long storedBytes);
}

/// <summary>What the content of projects takes.</summary>
internal interface IContentUse
{
    /// <summary>Bytes on the disk; 0 for a project without content.</summary>
    long StoredBytes(string project);
}
